//! Somebody else's Rocket application with Portcullis in it: `cargo run --example rocket-app`.
#![allow(clippy::needless_pass_by_value, reason = "Rocket hands guards over")]
use portcullis::{Admin, Role, RoleName, SignedIn, Verified};
use rocket::{Build, Rocket, Route, get, launch, routes};

/// A role of this application's own.
struct Editor;

impl RoleName for Editor {
    const NAME: &'static str = "EDITOR";
}

#[get("/hello")]
fn hello(who: SignedIn) -> String {
    format!("Hello, {}!", who.0.user.email)
}

/// Asks no database: the token says who it is.
#[get("/fast")]
fn fast(who: Verified) -> String {
    format!("User {}", who.0.user_id)
}

#[get("/articles/new")]
fn write(editor: Role<Editor>) -> String {
    format!("{} may write", editor.0.email)
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
        // Optional: the guards' errors in Portcullis' words.
        .register("/app", portcullis::catchers())
}

#[cfg(test)]
mod tests {
    use super::application;
    use portcullis::{Auth, config::Config, flows::NewUser};
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
        // These settings rather than those of the file and the environment.
        let app = rocket::custom(figment)
            .attach(portcullis::stage().config(Config::default()))
            .mount("/app", application())
            .register("/app", portcullis::catchers());
        let client = Client::untracked(app).await.unwrap();
        let auth = client.rocket().state::<Auth>().unwrap().clone();
        let new = NewUser {
            email: "ann@example.com",
            password: PASSWORD,
            username: None,
            first_name: None,
            roles: &[],
            superuser: false,
            confirmed: true,
        };
        let ann = auth.admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
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
            auth.admin(&portcullis::flows::Operator::cli())
                .grant(ann.id, role, false)
                .await
                .unwrap();
            assert_eq!(get(&client, path, token).await.status(), Status::Ok, "{path}");
        }
        for path in ["/app/hello", "/app/fast", "/app/articles/new", "/app/figures"] {
            let reply = get(&client, path, "nonsense").await;
            assert_eq!(reply.status(), Status::Unauthorized, "{path}");
        }
        drop(client.terminate().await);
    }
}
