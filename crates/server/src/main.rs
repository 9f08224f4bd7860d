//! `homeward`: see `homeward --help`.

use std::process::ExitCode;

use clap::Parser as _;
use homeward_domain::policy;
use homeward_server::cli::{AuditCommand, Cli, Command};
use homeward_server::config::Config;
use homeward_server::{openapi, photo, postgres, run};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match command {
        Command::Rules { command } => run::ask(command),
        Command::Openapi => {
            run::print(&openapi::json());
            ExitCode::SUCCESS
        }
        Command::Policy => {
            run::print(&policy::table());
            ExitCode::SUCCESS
        }
        Command::DecodePicture => photo::decode_one(),
        Command::WithPostgres { dir, volatile, command } => {
            let durability = if volatile { postgres::Durability::Volatile } else { postgres::Durability::Durable };
            match postgres::with_cluster(dir, durability, &command) {
                Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
                Err(error) => run::fail(&error),
            }
        }
        Command::Audit { command: AuditCommand::Verify(verification) } if !verification.dump.is_empty() => {
            match Config::read(std::env::vars()) {
                Ok(config) => run::verify_copies(verification, &config),
                Err(faults) => run::fail(&faults),
            }
        }
        command => match Config::read(std::env::vars()) {
            Ok(config) => run::command(command, config).unwrap_or_else(|error| run::fail(error.as_ref())),
            Err(faults) => run::fail(&faults),
        },
    }
}
