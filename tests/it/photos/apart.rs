//! Pictures are decoded in a process of its own, and whatever happens there the server lives on (UP-05).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use homeward_server::photo::Decoder;
use reqwest::Method;
use serde_json::Value;

use super::{NOW, new_photo, png, refused};
use crate::support::{Case, TestApp, program};

/// A program that stands where the decoder stands.
fn imposter(folder: &tempfile::TempDir, does: &str) -> PathBuf {
    let path = folder.path().join("imposter");
    fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What a server answers whose decoder does this; and that it answers the next request.
async fn with_a_decoder_that(does: &str, patience: Duration) -> (u16, Value) {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let folder = tempfile::tempdir().unwrap();
    let address = app.decoding_with(Decoder::of(imposter(&folder, does), patience));
    let worker = case.worker.at_replica(&address);
    let body = Some(("application/json", new_photo(&png(4, 4)).to_string().into_bytes()));
    let headers = [("idempotency-key", "once")];
    let reply = worker.answer(Method::POST, &case.child_url("/photos"), body, &headers).await;
    assert_eq!(worker.get(&case.child_url("/photos"), 200).await["data"], Value::Array(Vec::new()));
    assert_eq!(app.state.objects.count().await.unwrap(), (0, 0));
    (reply.status, reply.json())
}

#[tokio::test]
async fn a_decoder_that_hangs_is_killed_and_the_file_is_refused() {
    let begun = Instant::now();
    let (status, problem) = with_a_decoder_that("exec sleep 60", Duration::from_secs(1)).await;
    assert_eq!(status, 422);
    assert!(problem["errors"][0]["detail"].as_str().unwrap().starts_with("takes more time or memory"));
    assert!(begun.elapsed() < Duration::from_secs(40));
}

#[tokio::test]
async fn a_decoder_that_crashes_takes_nothing_with_it() {
    let patience = Duration::from_secs(10);
    assert_eq!(with_a_decoder_that("kill -SEGV $$", patience).await.0, 422);
    assert_eq!(with_a_decoder_that("exit 101", patience).await.0, 422);
}

#[tokio::test]
async fn a_decoder_that_was_taken_over_is_not_believed() {
    let patience = Duration::from_secs(10);
    let hostile = r"printf '\000\000\000\004\000\000\000\004<script>'";
    assert_eq!(with_a_decoder_that(hostile, patience).await.0, 500);
}

#[tokio::test]
async fn a_decoder_is_told_nothing_of_the_settings() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let does = format!("/usr/bin/env > {}; pwd >> {}", seen.display(), seen.display());
    let address = app.decoding_with(Decoder::of(imposter(&folder, &does), Duration::from_secs(10)));
    let worker = case.worker.at_replica(&address);
    let body = Some(("application/json", new_photo(&png(4, 4)).to_string().into_bytes()));
    let headers = [("idempotency-key", "once")];
    let reply = worker.answer(Method::POST, &case.child_url("/photos"), body, &headers).await;
    assert_eq!(reply.status, 500);
    let seen = fs::read_to_string(seen).unwrap();
    let stray = seen.lines().find(|it| !["PWD=", "OLDPWD=", "_=", "SHLVL="].iter().any(|own| it.starts_with(own)));
    assert_eq!(stray, Some("/"), "{seen}");
}

fn waiting() -> Child {
    let mut command = Command::new(program());
    command.arg("decode-picture").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn up_05_the_decoder_limits_itself_before_it_reads() {
    let mut child = waiting();
    let path = format!("/proc/{}/limits", child.id());
    let limit = |name: &str| {
        let text = fs::read_to_string(&path).unwrap();
        let line = text.lines().find(|it| it.starts_with(name)).unwrap().to_owned();
        line[name.len()..].split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    let begun = Instant::now();
    while limit("Max processes") != ["0", "0"] && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    for (name, most) in [
        ("Max address space", "536870912"),
        ("Max cpu time", "10"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
        ("Max open files", "3"),
        ("Max processes", "0"),
    ] {
        assert_eq!(limit(name), [most, most], "{name}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The checksum of a PNG chunk (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    })
}

/// So many zeros as zlib data: one literal, then "258 more of the same" (RFC 1951, fixed codes).
fn zeros(count: usize) -> Vec<u8> {
    let code = |text: &str| text.bytes().map(|it| it == b'1').collect::<Vec<bool>>();
    let (literal, more) = (code("00110000"), code("1100010100000"));
    let mut bits = code("110");
    bits.extend(&literal);
    (0..(count - 1) / 258).for_each(|_| bits.extend(&more));
    (0..(count - 1) % 258).for_each(|_| bits.extend(&literal));
    bits.extend(code("0000000"));
    let byte = |bits: &[bool]| bits.iter().rev().fold(0_u8, |byte, bit| (byte << 1) | u8::from(*bit));
    let sum = u32::try_from(count % 65_521).unwrap() << 16 | 1;
    [vec![0x78, 0x01], bits.chunks(8).map(byte).collect(), sum.to_be_bytes().to_vec()].concat()
}

fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
    let named = [name, data].concat();
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), &named[..], &crc(&named).to_be_bytes()].concat()
}

/// Small on the wire; 16 bits a channel, lying on its side, so that it takes twice 300 MB.
fn bomb() -> Vec<u8> {
    let side = 6_200_u32;
    let header = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[16, 6, 0, 0, 0]].concat();
    let exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let (header, exif) = (chunk(b"IHDR", &header), chunk(b"eXIf", exif));
    let pixels = chunk(b"IDAT", &zeros((1 + 8 * 6_200) * 6_200));
    [b"\x89PNG\r\n\x1a\n".to_vec(), header, exif, pixels, chunk(b"IEND", b"")].concat()
}

#[tokio::test]
async fn up_05_a_picture_that_needs_too_much_memory_is_refused_and_the_next_one_is_kept() {
    let app = TestApp::at(NOW).await;
    let case: Case = app.given_case().await;
    let bomb = tokio::task::spawn_blocking(bomb).await.unwrap();
    assert!(bomb.len() < 15 * 1024 * 1024);
    let why = refused(&case, &bomb).await;
    assert!(why.starts_with("takes more time or memory"), "{why}");
    case.worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 201).await;
}

#[tokio::test]
async fn a_file_with_a_second_one_behind_it_is_refused_with_what_to_do() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let why = refused(&case, &[png(4, 4), b"PK\x03\x04".to_vec()].concat()).await;
    assert!(why.contains("export or save it as a plain JPEG or PNG"), "{why}");
}
