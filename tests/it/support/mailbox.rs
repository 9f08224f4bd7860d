//! A mail relay that keeps what it was given, and answers as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One mail as the relay got it.
#[derive(Clone, Debug)]
pub struct Letter {
    pub to: String,
    pub text: String,
}

/// What the relay says to one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It takes the mail.
    Taking,
    /// It takes the mail, and hangs up before it says so.
    Forgetful,
    /// There is no such address.
    Unknown,
    /// Try later.
    Busy,
    /// It will not relay for us.
    Suspicious,
}

/// A running relay.
#[derive(Clone)]
pub struct Relay {
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    letters: Vec<Letter>,
    moods: Vec<(String, Mood)>,
    /// How long it keeps a mail to itself before it says that it took it.
    hesitation: Duration,
    /// Mails it has taken and not yet said so.
    unanswered: usize,
}

impl Letter {
    /// What it says, with the soft line ends of its encoding taken out.
    pub fn body(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        body.replace("=\r\n", "").replace("=3D", "=")
    }

    pub fn header(&self, name: &str) -> String {
        let line = self.text.lines().find(|line| line.starts_with(&format!("{name}: ")));
        line.map(|line| line[name.len() + 2..].to_owned()).unwrap_or_default()
    }
}

impl Relay {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            letters: Vec::new(),
            moods: Vec::new(),
            hesitation: Duration::ZERO,
            unanswered: 0,
        }));
        let relay = Self { url, state };
        tokio::spawn(relay.clone().listen(listener));
        relay
    }

    async fn listen(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().serve(stream));
        }
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.state.lock().unwrap().letters.clone()
    }

    pub fn letters_to(&self, to: &str) -> Vec<Letter> {
        self.letters().into_iter().filter(|it| it.to == to).collect()
    }

    /// From now on this address, or any where it is `*`, is answered in this mood.
    pub fn set_mood(&self, to: &str, mood: Mood) {
        let mut state = self.state.lock().unwrap();
        state.moods.retain(|(it, _)| it != to);
        state.moods.push((to.to_owned(), mood));
    }

    /// From now on it waits so long between taking a mail and saying so.
    pub fn hesitate(&self, hesitation: Duration) {
        self.state.lock().unwrap().hesitation = hesitation;
    }

    /// Mails it has taken and not yet said so: whoever is killed now does not know that they were sent.
    pub fn unanswered(&self) -> usize {
        self.state.lock().unwrap().unanswered
    }

    /// Keeps the mail, and waits as it was told.
    async fn keep(&self, to: &str, text: String) {
        let hesitation = {
            let mut state = self.state.lock().unwrap();
            state.letters.push(Letter { to: to.to_owned(), text });
            state.unanswered += 1;
            state.hesitation
        };
        tokio::time::sleep(hesitation).await;
        self.state.lock().unwrap().unanswered -= 1;
    }

    fn mood(&self, to: &str) -> Mood {
        let state = self.state.lock().unwrap();
        let of = |name: &str| state.moods.iter().find(|(it, _)| it == name).map(|(_, mood)| *mood);
        of(to).or_else(|| of("*")).unwrap_or(Mood::Taking)
    }

    async fn serve(self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 relay\r\n").await?;
        let (mut line, mut to) = (String::new(), String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let answer = match line.split_once([' ', '\r']).map_or("", |(verb, _)| verb) {
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    recipient_answer(self.mood(&to))
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let text = data(&mut stream).await?;
                    self.keep(&to, text).await;
                    "250 2.0.0 kept"
                }
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            if answer.ends_with("kept") && self.mood(&to) == Mood::Forgetful {
                return Ok(());
            }
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}

fn recipient_answer(mood: Mood) -> &'static str {
    match mood {
        Mood::Taking | Mood::Forgetful => "250 fine",
        Mood::Unknown => "550 5.1.1 no such person",
        Mood::Busy => "451 4.3.0 later",
        Mood::Suspicious => "550 5.7.1 relaying denied",
    }
}

async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
