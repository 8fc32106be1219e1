//! A Rocket application that embeds Portcullis: `cargo run --example rocket-app`.
#![allow(clippy::needless_pass_by_value, reason = "Rocket hands guards over")]
use portcullis::{Admin, Role, RoleName, SignedIn, Verified};
use rocket::{Build, Rocket, Route, get, launch, routes};

/// A role that this application defines.
struct Editor;

impl RoleName for Editor {
    const NAME: &'static str = "EDITOR";
}

#[get("/hello")]
fn hello(who: SignedIn) -> String {
    format!("Hello, {}!", who.email)
}

/// Does not read the database: the user id is in the token.
#[get("/fast")]
fn fast(who: Verified) -> String {
    format!("User {}", who.user_id)
}

#[get("/articles/new")]
fn write(editor: Role<Editor>) -> String {
    format!("{} may write", editor.email)
}

#[get("/figures")]
fn figures(_admin: Admin) -> &'static str {
    "for admins"
}

pub fn application() -> Vec<Route> {
    routes![hello, fast, write, figures]
}

#[launch]
fn rocket() -> Rocket<Build> {
    rocket::build()
        .attach(portcullis::stage())
        .mount("/app", application())
        // Optional: these catchers say why a guard refuses a request.
        .register("/app", portcullis::catchers())
}

#[cfg(test)]
mod tests {
    use super::application;
    use portcullis::{
        Auth,
        config::Config,
        flows::{NewUser, Operator},
    };
    use rocket::{
        figment::Figment,
        http::{ContentType, Header, Status},
        local::asynchronous::{Client, LocalResponse},
        uri,
    };

    const PASSWORD: &str = "correct horse battery";

    async fn get<'c>(client: &'c Client, path: &'c str, token: &str) -> LocalResponse<'c> {
        let token = Header::new("Authorization", format!("Bearer {token}"));
        client.get(path).header(Header::new("Host", "localhost")).header(token).dispatch().await
    }

    #[rocket::async_test]
    async fn roles_open_the_routes_that_they_guard() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("app.db").display());
        let figment = Figment::from(rocket::Config::debug_default())
            .merge(("databases.portcullis.url", url))
            .merge(("log_level", "off"));
        // These settings replace those of the file and the environment.
        let app = rocket::custom(figment)
            .attach(portcullis::stage().config(Config::default()))
            .mount("/app", application())
            .register("/app", portcullis::catchers());
        let client = Client::untracked(app).await.unwrap();
        let auth = client.rocket().state::<Auth>().unwrap().clone();
        let new = NewUser {
            email: "ann@example.com",
            password: PASSWORD,
            confirmed: true,
            ..NewUser::default()
        };
        let operator = Operator::cli();
        let ann = auth.admin(&operator).add_user(new).await.unwrap();
        let body = format!(r#"{{"email": "ann@example.com", "password": "{PASSWORD}"}}"#);
        let login = client.post(uri!("/auth/login")).header(ContentType::JSON).body(body);
        let reply = login.header(Header::new("Host", "localhost")).dispatch().await;
        assert_eq!(reply.status(), Status::Ok);
        let header = reply.headers().get_one("Authorization").unwrap().to_owned();
        drop(reply);
        let token = header.strip_prefix("Bearer ").unwrap();

        let hello = get(&client, "/app/hello", token).await.into_string().await;
        assert_eq!(hello.as_deref(), Some("Hello, ann@example.com!"));
        let fast = get(&client, "/app/fast", token).await.into_string().await;
        assert_eq!(fast, Some(format!("User {}", ann.id.0)));
        for (path, role) in [("/app/articles/new", "EDITOR"), ("/app/figures", "ADMIN")] {
            assert_eq!(get(&client, path, token).await.status(), Status::Forbidden, "{path}");
            auth.admin(&operator).grant(ann.id, role, false).await.unwrap();
            assert_eq!(get(&client, path, token).await.status(), Status::Ok, "{path}");
        }
        for path in ["/app/hello", "/app/fast", "/app/articles/new", "/app/figures"] {
            let reply = get(&client, path, "nonsense").await;
            assert_eq!(reply.status(), Status::Unauthorized, "{path}");
        }
        drop(client.terminate().await);
    }
}
