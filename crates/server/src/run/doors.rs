//! What a process shows to the outside until it is told to stop.

use std::net::{SocketAddr, TcpListener};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Failure, print};
use crate::config::Config;
use crate::ctx::AppState;
use crate::headers::Reached;
use crate::pulse::Pulse;
use crate::serve::{self, Door};
use crate::tls::Certificate;

/// Answers requests. `stop` hears of it first: whatever else runs stops meanwhile (OP-02).
pub(super) async fn answer_until_told(
    state: AppState,
    config: &Config,
    stop: &watch::Sender<bool>,
) -> Result<(), Failure> {
    let server = serve::server(state, door(config)?)?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    print(&format!("listening on {scheme}://{}", config.listen));
    told_to_stop().await?;
    stop.send_replace(true);
    handle.stop(true).await;
    running.await??;
    Ok(())
}

fn door(config: &Config) -> Result<Door, Failure> {
    let certificate = config.tls.clone().map(Certificate::load).transpose()?;
    let tls = certificate.as_ref().map(Certificate::config).transpose()?;
    if let Some(certificate) = certificate {
        tokio::spawn(certificate.watch());
    }
    let reached = if tls.is_some() { Reached::ByTls } else { Reached::at(&config.public_url) };
    Ok(Door { listener: TcpListener::bind(config.listen)?, threads: config.threads, reached, tls })
}

/// Shows how a process is, where that is wanted, until it is told to stop.
pub(super) async fn show_until_told(
    pulse: Pulse,
    listen: Option<SocketAddr>,
    stop: &watch::Sender<bool>,
) -> Result<(), Failure> {
    let Some(address) = listen else {
        told_to_stop().await?;
        stop.send_replace(true);
        return Ok(());
    };
    let server = serve::beacon(pulse, TcpListener::bind(address)?)?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    print(&format!("showing how it is on http://{address}"));
    told_to_stop().await?;
    stop.send_replace(true);
    handle.stop(true).await;
    Ok(running.await??)
}

async fn told_to_stop() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    print("stopping");
    Ok(())
}
