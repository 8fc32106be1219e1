//! `portcullis user …`
use super::{Failure, print};
use crate::{
    api::UserView,
    flows::{Auth, By, NewUser, User, UserId},
};
use clap::Subcommand;
use std::io::{BufRead, IsTerminal, Read, Write, stdin, stdout};

/// In bytes; more is no password.
const LONGEST_LINE: u64 = 4096;

#[derive(Subcommand)]
pub enum Command {
    /// Adds a user; asks for the password
    Add {
        email: String,
        #[arg(long)]
        username: Option<String>,
        #[arg(long)]
        first_name: Option<String>,
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        #[arg(long)]
        superuser: bool,
        /// Takes the address as confirmed
        #[arg(long)]
        confirmed: bool,
        /// Reads the password from the first line of the standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists users by id, a line of JSON each
    List {
        /// Only users with a higher id
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// At most so many; all by default
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Shows a user
    Show {
        /// An id, an address or a username
        who: String,
    },
    /// Sets a password and ends every session
    Passwd {
        who: String,
        #[arg(long)]
        password_stdin: bool,
    },
    /// Grants a role
    Grant { who: String, role: String },
    /// Takes a role away
    Revoke { who: String, role: String },
    /// Keeps a user out and ends every session
    Disable { who: String },
    /// Lets a user in again
    Enable { who: String },
    /// Deletes a user and everything stored of it
    Delete {
        who: String,
        /// Does not ask
        #[arg(long)]
        yes: bool,
    },
}

impl Command {
    pub async fn run(self, auth: &Auth) -> Result<(), Failure> {
        match self {
            Self::Add {
                email,
                username,
                first_name,
                roles,
                superuser,
                confirmed,
                password_stdin,
            } => {
                let new = NewUser {
                    email: &email,
                    password: &password(password_stdin)?,
                    username: username.as_deref(),
                    first_name: first_name.as_deref(),
                    roles: &roles,
                    superuser,
                    confirmed,
                };
                show(auth.add_user(new).await?)
            }
            Self::List { after, limit } => list(auth, UserId(after), limit).await,
            Self::Show { who } => show(find(auth, &who).await?),
            Self::Passwd { who, password_stdin } => {
                let user = find(auth, &who).await?;
                Ok(auth.set_password(user.id, &password(password_stdin)?).await?)
            }
            Self::Grant { who, role } => show(auth.grant(find(auth, &who).await?.id, &role).await?),
            Self::Revoke { who, role } => {
                show(auth.revoke(find(auth, &who).await?.id, &role).await?)
            }
            Self::Disable { who } => {
                show(auth.set_active(find(auth, &who).await?.id, false).await?)
            }
            Self::Enable { who } => show(auth.set_active(find(auth, &who).await?.id, true).await?),
            Self::Delete { who, yes } => {
                let user = find(auth, &who).await?;
                if !yes && !agreed(&user)? {
                    return Err(Failure::Input("nothing was deleted".to_owned()));
                }
                Ok(auth.delete_user(user.id).await?)
            }
        }
    }
}

async fn find(auth: &Auth, who: &str) -> Result<User, Failure> {
    Ok(auth.find_user(By::Name(who)).await?)
}

fn show(user: User) -> Result<(), Failure> {
    print(&UserView::from(user))
}

async fn list(auth: &Auth, mut after: UserId, limit: Option<u32>) -> Result<(), Failure> {
    const PAGE: u32 = 500;
    let mut left = limit.unwrap_or(u32::MAX);
    while left > 0 {
        let users = auth.users(after, left.min(PAGE)).await?;
        let Some(last) = users.last() else { return Ok(()) };
        after = last.id;
        left = left.saturating_sub(u32::try_from(users.len()).unwrap_or(u32::MAX));
        users.into_iter().try_for_each(show)?;
    }
    Ok(())
}

/// The password, from the standard input or asked for twice, unseen.
fn password(from_stdin: bool) -> Result<String, Failure> {
    if from_stdin {
        let mut line = String::new();
        stdin().lock().take(LONGEST_LINE).read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if password == rpassword::prompt_password("Again: ")? {
        Ok(password)
    } else {
        Err(Failure::Input("the passwords differ".to_owned()))
    }
}

fn agreed(user: &User) -> Result<bool, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::Input("deleting needs --yes where nobody can be asked".to_owned()));
    }
    print!("Delete {} (id {}) and everything stored of it? [y/N] ", user.email, user.id.0);
    stdout().flush()?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}
