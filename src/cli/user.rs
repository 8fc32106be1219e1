//! `portcullis user …`
use super::{Failure, print, prompt, transfer};
use crate::{
    api::{FactorsView, UserView},
    flows::{Admin, Auth, Error, Login, NewUser, Operator, User, UserChange, UserId},
};
use clap::{Args, Subcommand};
use std::fmt;

#[derive(Subcommand)]
pub enum Command {
    /// Adds a user and prints them as JSON; asks for the password
    Add(Add),
    /// Lists users by id, one JSON object per line
    List {
        /// Only users with a higher id
        #[arg(long, value_name = "ID", default_value_t = 0)]
        after: i64,
        /// At most this many users; all by default
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
    },
    /// Shows a user
    Show(Who),
    /// Sets a password and ends every session; asks for the password
    Passwd {
        #[command(flatten)]
        who: Who,
        /// Reads the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Grants a role
    Grant {
        #[command(flatten)]
        who: Who,
        /// The name of the role, such as ADMIN
        role: String,
        /// Ends every session, so that no valid token lacks the role
        #[arg(long)]
        end_sessions: bool,
    },
    /// Revokes a role
    Revoke {
        #[command(flatten)]
        who: Who,
        /// The name of the role
        role: String,
        /// Ends every session, so that no valid token still has the role
        #[arg(long)]
        end_sessions: bool,
    },
    /// Makes a user a superuser
    GrantSuperuser(Who),
    /// Makes a superuser an ordinary user; the last superuser who can log in stays one
    RevokeSuperuser {
        #[command(flatten)]
        who: Who,
        /// Ends every session, so that no valid token still names a superuser
        #[arg(long)]
        end_sessions: bool,
    },
    /// Shows the second factors of a user
    Factors(Who),
    /// Removes the second factors of a user who has lost them, ends every session and mails the user
    ResetFactors(Who),
    /// Disables a user and ends every session
    Disable(Who),
    /// Enables a disabled user
    Enable(Who),
    /// Deletes a user and all their data; asks first
    Delete {
        #[command(flatten)]
        who: Who,
        /// Does not ask
        #[arg(long)]
        yes: bool,
    },
    /// Adds the users in a file; keeps ids, roles and password hashes
    Import(transfer::ImportArgs),
    /// Prints all users with their password hashes, one JSON object per line
    Export,
}

#[derive(Args)]
pub struct Add {
    /// The email address
    email: String,
    /// A username to log in with
    #[arg(long, value_name = "N")]
    username: Option<String>,
    /// The first name
    #[arg(long, value_name = "N")]
    first_name: Option<String>,
    /// Grants a role; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// Makes the user a superuser
    #[arg(long)]
    superuser: bool,
    /// Marks the address as confirmed and sends no mail
    #[arg(long)]
    confirmed: bool,
    /// Reads the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Args)]
pub struct Who {
    /// An id, an email address or a username; `id:7` or `username:7` if a number is both
    who: String,
}

impl Command {
    /// Runs the command. Prints its result as JSON.
    pub async fn run(self, auth: &Auth) -> Result<(), Failure> {
        let op = Operator::cli();
        let admin = &auth.admin(&op);
        match self {
            Self::Add(new) => new.run(admin).await,
            Self::List { after, limit } => list(admin, UserId(after), limit).await,
            Self::Show(who) => show(who.find(admin).await?),
            Self::Passwd { who, password_stdin } => {
                let user = who.find(admin).await?;
                admin.set_password(user.id, &prompt::password(password_stdin).await?).await?;
                show(user)
            }
            Self::Grant { who, role, end_sessions } => {
                let user = who.find(admin).await?;
                show(admin.grant(user.id, &role, end_sessions).await?)
            }
            Self::Revoke { who, role, end_sessions } => {
                let user = who.find(admin).await?;
                show(admin.revoke(user.id, &role, end_sessions).await.map_err(|e| match e {
                    Error::NotFound => Failure::Input(format!("{who} has no role {role:?}")),
                    e => e.into(),
                })?)
            }
            Self::GrantSuperuser(who) => {
                let change = UserChange { superuser: Some(true), ..UserChange::default() };
                change_user(admin, &who, &change).await
            }
            Self::RevokeSuperuser { who, end_sessions } => {
                let superuser = Some(false);
                let change = UserChange { superuser, end_sessions, ..UserChange::default() };
                change_user(admin, &who, &change).await
            }
            Self::Factors(who) => {
                let user = who.find(admin).await?;
                print(&FactorsView::from(admin.factors_of(user.id).await?))
            }
            Self::ResetFactors(who) => {
                let user = who.find(admin).await?;
                admin.reset_factors(user.id).await.map_err(|e| match e {
                    Error::NotFound => Failure::Input(format!("{who} has no second factor")),
                    e => e.into(),
                })?;
                show(user)
            }
            Self::Disable(who) => set_active(admin, &who, false).await,
            Self::Enable(who) => set_active(admin, &who, true).await,
            Self::Delete { who, yes } => {
                let user = who.find(admin).await?;
                let question =
                    format!("Delete {} (id {}) and all their data?", user.email, user.id.0);
                if !yes && !prompt::agreed(&question)? {
                    return Err(Failure::Input("nothing was deleted".to_owned()));
                }
                Ok(admin.delete_user(user.id).await?)
            }
            Self::Import(import) => import.run(admin).await,
            Self::Export => transfer::export(admin).await,
        }
    }
}

impl Add {
    async fn run(self, admin: &Admin<'_>) -> Result<(), Failure> {
        let new = NewUser {
            email: &self.email,
            password: &prompt::password(self.password_stdin).await?,
            username: self.username.as_deref(),
            first_name: self.first_name.as_deref(),
            roles: &self.roles,
            superuser: self.superuser,
            confirmed: self.confirmed,
        };
        show(admin.add_user(new).await?)
    }
}

impl Who {
    async fn find(&self, admin: &Admin<'_>) -> Result<User, Failure> {
        // A username contains no colon and no `@`.
        let number = |text: &str| text.parse().map(UserId).ok();
        let who = self.who.as_str();
        let named = match who.split_once(':') {
            Some(("id", id)) => [number(id).map(Login::Id), None],
            Some(("username", name)) => [Some(Login::Username(name)), None],
            _ if who.contains('@') => [Some(Login::Email(who)), None],
            _ => [number(who).map(Login::Id), Some(Login::Username(who))],
        };
        let mut found: Vec<User> = Vec::new();
        for by in named.into_iter().flatten() {
            match admin.find_user(by).await {
                Ok(user) if found.iter().all(|other| other.id != user.id) => found.push(user),
                Ok(_) | Err(Error::NotFound) => {}
                Err(e) => return Err(e.into()),
            }
        }
        if found.len() > 1 {
            let message = format!(
                "{self} is the id of one user and the username of another: use id:{who} or username:{who}"
            );
            return Err(Failure::Input(message));
        }
        found.pop().ok_or_else(|| Failure::Input(format!("there is no such user: {self}")))
    }
}

/// As typed, but with control characters escaped: a terminal would obey them.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.who)
    }
}

async fn set_active(admin: &Admin<'_>, who: &Who, active: bool) -> Result<(), Failure> {
    let change = UserChange { active: Some(active), ..UserChange::default() };
    change_user(admin, who, &change).await
}

async fn change_user(admin: &Admin<'_>, who: &Who, change: &UserChange<'_>) -> Result<(), Failure> {
    show(admin.change_user(who.find(admin).await?.id, change).await?)
}

fn show(user: User) -> Result<(), Failure> {
    print(&UserView::from(user))
}

async fn list(admin: &Admin<'_>, mut after: UserId, limit: Option<u32>) -> Result<(), Failure> {
    const PAGE: u32 = 500;
    let mut left = limit.unwrap_or(u32::MAX);
    while left > 0 {
        let users = admin.users(after, left.min(PAGE)).await?;
        let Some(last) = users.last() else { return Ok(()) };
        after = last.id;
        left = left.saturating_sub(u32::try_from(users.len()).unwrap_or(u32::MAX));
        users.into_iter().try_for_each(show)?;
    }
    Ok(())
}
