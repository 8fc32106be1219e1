//! `/admin/users/<id>`: one user, and what an operator can do with them.
use super::{
    AdminContext, AdminFrame, At, decide, link,
    users::Users,
    views::{Line, Sending, UserSummary},
};
use crate::{
    flows::{Error, ProfileChange, SessionId, UserChange, UserId},
    pages::{Sent, Shown, account::views::Device},
    view::View,
    web::{self, Body, Form, Notice, Page},
};
use rocket::{get, post, request::FromParam as _};
use serde::Serialize;

/// The page of one user.
#[derive(Serialize)]
pub struct One {
    operator: AdminFrame,
    who: UserSummary,
    /// The path of the page.
    here: String,
    /// Whether the operator may act on the user.
    touchable: bool,
    /// Whether it is the operator's own account.
    own: bool,
    devices: Vec<Device>,
    mails: Vec<Sending>,
    events: Vec<Line>,
    next: Option<String>,
    previous: Option<String>,
}

impl View for One {
    const TEMPLATE: &'static str = "pages/admin/user.html";
    const PATH: &'static str = Users::PATH;
}

fn here(id: UserId) -> String {
    format!("{}/{}", Users::PATH, id.0)
}

async fn view(context: &AdminContext<'_>, id: UserId, cursor: Option<&str>) -> Result<One, Error> {
    let (admin, r) = (context.admin(), &context.r);
    let user = admin.user(id).await?;
    let touchable = context.op.is_superuser() || !user.is_superuser;
    let mut one = One {
        operator: context.operator(),
        who: UserSummary::new(&user, r),
        here: here(id),
        touchable,
        own: id == r.by.user.id,
        devices: Vec::new(),
        mails: Vec::new(),
        events: Vec::new(),
        next: None,
        previous: None,
    };
    if touchable {
        one.devices = admin.sessions_of(id).await?.iter().map(|s| Device::new(s, r)).collect();
        one.mails = admin.mails_of(id).await?.iter().map(|m| Sending::new(m, r)).collect();
        let history = admin.history_of(id, cursor).await?;
        one.events = history.results.iter().map(|e| Line::new(e, r)).collect();
        one.next = link(&one.here, history.next.map(|cursor| format!("cursor={cursor}")));
        one.previous = link(&one.here, history.previous.map(|cursor| format!("cursor={cursor}")));
    }
    Ok(one)
}

#[get("/admin/users/<id>?<cursor>")]
pub async fn page(context: At<'_>, id: Result<UserId, Error>, cursor: Option<&str>) -> Shown<One> {
    Ok(Page::ok(view(&context?, id?, cursor).await?))
}

/// Runs the action that the field `act` names.
#[post("/admin/users/<id>", data = "<form>")]
pub async fn act(context: At<'_>, id: Result<UserId, Error>, form: Form) -> Sent<One> {
    let (context, id) = (context?, id?);
    let act = form.typed("act");
    let done = async {
        let notice = run(&context, id, &act, &form.body?).await?;
        let gone = notice == Notice::UserDeleted;
        let to = if gone { Users::PATH.to_owned() } else { here(id) };
        Ok(context.back(&to, notice))
    };
    // Forms with fields show their errors beside the fields.
    let form = match act.as_str() {
        "profile" => "profile",
        "grant" => "grant",
        _ => "act",
    };
    decide(done.await, form, &here(id), view(&context, id, None)).await
}

async fn run(
    context: &AdminContext<'_>,
    id: UserId,
    act: &str,
    form: &Body,
) -> web::Result<Notice> {
    let admin = context.admin();
    let change = async |change: UserChange<'_>| {
        admin.change_user(id, &change).await.map(|_| Notice::UserChanged)
    };
    let done = match act {
        "profile" => {
            let profile = form.read(|f| ProfileChange {
                username: f.nullable("username"),
                first_name: f.optional("first_name"),
                language: f.nullable("language").map(|tag| tag.filter(|t| !t.is_empty())),
                ..ProfileChange::default()
            })?;
            change(UserChange { profile, ..UserChange::default() }).await
        }
        "grant" | "revoke" => {
            let (role, end) = form.read(|f| (f.text("role"), f.flag("end_sessions", false)))?;
            if act == "grant" {
                admin.grant(id, role, end).await?;
            } else {
                admin.revoke(id, role, end).await?;
            }
            Ok(Notice::UserChanged)
        }
        "superuser-on" | "superuser-off" => {
            let superuser = Some(act == "superuser-on");
            change(UserChange { superuser, ..UserChange::default() }).await
        }
        "enable" | "disable" => {
            let active = Some(act == "enable");
            change(UserChange { active, ..UserChange::default() }).await
        }
        "confirm" => change(UserChange { confirm: true, ..UserChange::default() }).await,
        "send-reset" => admin.send_reset(id).await.map(|()| Notice::MailQueued),
        "send-confirmation" => admin.send_confirmation(id).await.map(|()| Notice::MailQueued),
        "end-session" => {
            let session = SessionId::from_param(form.read(|f| f.text("session"))?)?;
            admin.end_session_of(id, session).await.map(|()| Notice::SessionEnded)
        }
        "end-sessions" => admin.end_sessions_of(id).await.map(|()| Notice::UserSessionsEnded),
        "delete" => admin.delete_user(id).await.map(|()| Notice::UserDeleted),
        _ => return Err(web::Error::Malformed),
    };
    Ok(done?)
}
