//! The pages as a browser without scripts uses them: links, forms and redirects.
mod account;
mod admin;
mod appearance;
mod dev_mail;
mod forms;
mod login;
mod mail_login;
mod register;
mod reset_password;

const APP: &str = "https://app.example.com";
