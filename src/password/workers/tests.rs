use super::*;
use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Instant,
};

fn cheap(threads: usize, queue: usize) -> config::Password {
    config::Password { memory: 64, passes: 1, threads, queue, ..config::Password::default() }
}

/// A pool of one thread, which is blocked until the sender sends something or is dropped.
async fn occupied(queue: usize) -> (Arc<Pool>, mpsc::Sender<()>) {
    let pool = Arc::new(Pool::new(&cheap(1, queue)));
    let (go, wait) = mpsc::channel();
    let (taken, is_taken) = oneshot::channel();
    tokio::spawn({
        let pool = Arc::clone(&pool);
        async move {
            pool.run(move |_| {
                let _ = taken.send(());
                let _ = wait.recv();
            })
            .await
        }
    });
    is_taken.await.unwrap();
    (pool, go)
}

/// Waits until `what` is true, for as long as a very slow machine may need.
async fn until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not come true");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn requests_beyond_the_queue_are_refused_immediately() {
    let (pool, go) = occupied(8).await;
    let done = Arc::new(AtomicUsize::new(0));
    let storm: Vec<_> = (0..50)
        .map(|_| {
            let (pool, done) = (Arc::clone(&pool), Arc::clone(&done));
            tokio::spawn(async move {
                pool.run(move |_| done.fetch_add(1, Ordering::Relaxed)).await.map(drop)
            })
        })
        .collect();
    until(|| storm.iter().filter(|s| s.is_finished()).count() == 42).await;
    assert_eq!(done.load(Ordering::Relaxed), 0);
    go.send(()).unwrap();
    let mut busy = 0;
    for answer in storm {
        busy += usize::from(matches!(answer.await.unwrap(), Err(Error::Busy)));
    }
    assert_eq!((busy, done.load(Ordering::Relaxed)), (42, 8));
}

#[tokio::test]
async fn a_cancelled_request_is_skipped_and_frees_its_slot() {
    let (pool, go) = occupied(1).await;
    let mut left = Box::pin(pool.run(|_| -> () { unreachable!("whoever asked has left") }));
    assert!(
        std::future::poll_fn(|cx| std::task::Poll::Ready(left.as_mut().poll(cx)))
            .await
            .is_pending()
    );
    drop(left);
    let mut stays = Box::pin(pool.run(|_| 7));
    assert!(
        std::future::poll_fn(|cx| std::task::Poll::Ready(stays.as_mut().poll(cx)))
            .await
            .is_pending()
    );
    assert!(matches!(pool.run(|_| ()).await, Err(Error::Busy)));
    go.send(()).unwrap();
    assert_eq!(stays.await.unwrap(), 7);
}

#[tokio::test]
async fn concurrent_hashes_do_not_exceed_the_threads() {
    let pool = Arc::new(Pool::new(&cheap(2, 100)));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let all: Vec<_> = (0..40)
        .map(|_| {
            let (pool, now, most) = (Arc::clone(&pool), Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                pool.run(move |scratch| {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    scratch.hash("x").unwrap();
                    now.fetch_sub(1, Ordering::SeqCst);
                    scratch.held()
                })
                .await
            })
        })
        .collect();
    for held in all {
        assert_eq!(held.await.unwrap().unwrap(), 64);
    }
    assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn idle_threads_release_their_memory() {
    let pool = Pool::with_idle(&cheap(1, 1), Duration::from_millis(5));
    assert!(pool.run(|scratch| scratch.hash("x")).await.unwrap().is_ok());
    let mut pause = 10;
    while pool.run(|scratch| scratch.held()).await.unwrap() > 0 {
        assert!(pause < 20_000, "it is kept");
        tokio::time::sleep(Duration::from_millis(pause)).await;
        pause *= 2;
    }
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_thread_survives() {
    let pool = Pool::new(&cheap(1, 0));
    for _ in 0..3 {
        let outcome = pool.run(|_| -> () { panic!("a library did this") }).await;
        assert!(matches!(outcome, Err(Error::Internal(_) | Error::Busy)));
    }
    // The thread is free again a moment after the answer.
    let free = || pool.0.line().free == 1;
    until(free).await;
    assert_eq!(pool.run(|_| 7).await.unwrap(), 7);
}

#[tokio::test]
async fn threads_end_when_the_pool_is_dropped() {
    let pool = Pool::new(&cheap(2, 1));
    assert!(pool.run(|scratch| scratch.hash("x")).await.unwrap().is_ok());
    let desk = Arc::downgrade(&pool.0);
    drop(pool);
    until(|| desk.strong_count() == 0).await;
}
