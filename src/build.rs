fn main() {
    // Embedded at compile time by macros that do not tell cargo so.
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=templates");
    println!("cargo:rerun-if-changed=locales");
    // Tests on PostgreSQL are compiled where `scripts/test` has started one.
    println!("cargo:rustc-check-cfg=cfg(postgres)");
    println!("cargo:rerun-if-env-changed=TEST_ENGINES");
    if option_env_is("TEST_ENGINES", "both") {
        println!("cargo:rustc-cfg=postgres");
    }
    // Set by cargo fuzz.
    println!("cargo:rustc-check-cfg=cfg(fuzzing)");
    // What makes the filter of leaked passwords is compiled for scripts/leaked-filter.
    println!("cargo:rustc-check-cfg=cfg(leaked_list)");
    println!("cargo:rerun-if-env-changed=LEAKED_LIST");
    if option_env_is("LEAKED_LIST", "here") {
        println!("cargo:rustc-cfg=leaked_list");
    }
}

#[expect(clippy::disallowed_methods, reason = "a build script is configured by its environment")]
fn option_env_is(name: &str, value: &str) -> bool {
    std::env::var(name).is_ok_and(|v| v == value)
}
