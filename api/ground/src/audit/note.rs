//! Checkpoints as C2SP's tlog-checkpoint has them, in signed notes (c2sp.org/signed-note, c2sp.org/tlog-cosignature).
//! Whoever has the verifier key, which is no secret, checks them with any program that knows the form. Pure but for the key's file.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;
use crate::auth::key_file;
use crate::tenancy::StartError;

/// Signatures that are looked at in one note.
const SIGNATURES_MAX: usize = 64;
const PLAIN: u8 = 0x01;
const COSIGNATURE: u8 = 0x04;

/// The head of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which tree: the name of the installation and the code of the township.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let plain = size.bytes().all(|byte| byte.is_ascii_digit())
            && (size == "0" || !size.starts_with('0'));
        (plain && !origin.is_empty() && lines.all(|line| !line.is_empty())).then_some(())?;
        Some(Self {
            origin: origin.to_owned(),
            size: size.parse().ok()?,
            root: STANDARD.decode(root).ok()?.try_into().ok()?,
        })
    }
}

/// A note taken apart; nothing in it is to be believed before a signature was checked.
#[derive(Debug, Clone)]
pub struct Note {
    text: String,
    signatures: Vec<(String, Vec<u8>)>,
    lines: Vec<String>,
}

impl Note {
    /// Takes a note apart; none when it is not of the form.
    #[must_use]
    pub fn parse(note: &str) -> Option<Self> {
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return None;
        }
        let at = note.rfind("\n\n")?;
        let (text, tail) = (note.get(..=at)?, note.get(at + 2..)?);
        let lines: Vec<String> = tail.strip_suffix('\n')?.split('\n').map(str::to_owned).collect();
        if lines.is_empty() || lines.len() > SIGNATURES_MAX {
            return None;
        }
        let signatures = lines
            .iter()
            .map(|line| {
                let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
                Some((name.to_owned(), STANDARD.decode(signature).ok()?))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self { text: text.to_owned(), signatures, lines })
    }

    /// The checkpoint in it, if a signature of this key is there and right. A wrong one of this key refuses the note.
    #[must_use]
    pub fn checked_by(&self, verifier: &Verifier) -> Option<Checkpoint> {
        let mut signed = false;
        for (name, signature) in &self.signatures {
            let (id, signature) = signature.split_at_checked(4)?;
            if *name != verifier.name || id != verifier.id() {
                continue;
            }
            if !verifier.verifies(&self.text, signature) {
                return None;
            }
            signed = true;
        }
        signed.then(|| Checkpoint::parse(&self.text)).flatten()
    }

    /// The signature line of this name and key.
    #[must_use]
    pub fn line_of(&self, verifier: &Verifier) -> Option<&str> {
        self.signatures.iter().zip(&self.lines).find_map(|((name, signature), line)| {
            (*name == verifier.name && signature.get(..4) == Some(&verifier.id()[..]))
                .then_some(line.as_str())
        })
    }

    /// The text that was signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Whether a name may stand in a signature line and as an origin.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The public half of a key with its name: what checks a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    kind: u8,
    public: Vec<u8>,
}

impl Verifier {
    /// From its text form, `name+id+base64`; none when it is not one, or of a kind that is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let key = STANDARD.decode(key).ok()?;
        let (kind, public) = key.split_first()?;
        let verifier = Self { name: name.to_owned(), kind: *kind, public: public.to_vec() };
        let known = matches!(*kind, PLAIN | COSIGNATURE) && public.len() == 32 && is_name(name);
        (known && id == hex(&verifier.id())).then_some(verifier)
    }

    /// Its text form.
    #[must_use]
    pub fn text(&self) -> String {
        let mut key = vec![self.kind];
        key.extend_from_slice(&self.public);
        format!("{}+{}+{}", self.name, hex(&self.id()), STANDARD.encode(key))
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let mut hash = Sha256::new();
        hash.update(self.name.as_bytes());
        hash.update([b'\n', self.kind]);
        hash.update(&self.public);
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        [a, b, c, d]
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.public);
        if self.kind == PLAIN {
            return key.verify(text.as_bytes(), signature).is_ok();
        }
        let Some((time, signature)) = signature.split_at_checked(8) else { return false };
        let time = <[u8; 8]>::try_from(time).map(u64::from_be_bytes).unwrap_or(u64::MAX);
        key.verify(cosigned(text, time).as_bytes(), signature).is_ok()
    }
}

fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Bytes in hexadecimal, lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
        text
    })
}

/// The key that signs an installation's checkpoints.
pub struct Key(Ed25519KeyPair);

impl Key {
    /// Reads the key's file, or makes it, for its owner's eyes only.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key_file(path)?)
            .map(Self)
            .map_err(|_| StartError::Config(format!("{}: no Ed25519 key", path.display())))
    }

    /// What checks notes signed under a name.
    #[must_use]
    pub fn verifier(&self, name: &str) -> Verifier {
        self.public(name, PLAIN)
    }

    /// What checks cosignatures made under a name.
    #[must_use]
    pub fn cosigner(&self, name: &str) -> Verifier {
        self.public(name, COSIGNATURE)
    }

    fn public(&self, name: &str, kind: u8) -> Verifier {
        Verifier { name: name.to_owned(), kind, public: self.0.public_key().as_ref().to_vec() }
    }

    /// The checkpoint as a note, signed under its own origin.
    #[must_use]
    pub fn signed(&self, checkpoint: &Checkpoint) -> String {
        let text = checkpoint.text();
        let signature = self.0.sign(text.as_bytes());
        format!("{text}\n{}\n", line(&self.verifier(&checkpoint.origin), signature.as_ref()))
    }

    /// A line that says: seen, consistent with what was seen before, as of this moment (cosignature/v1).
    #[must_use]
    pub fn cosigned(&self, text: &str, name: &str, now: DateTime<Utc>) -> String {
        let time = u64::try_from(now.timestamp()).unwrap_or_default();
        let mut signature = time.to_be_bytes().to_vec();
        signature.extend_from_slice(self.0.sign(cosigned(text, time).as_bytes()).as_ref());
        line(&self.cosigner(name), &signature)
    }
}

fn line(verifier: &Verifier, signature: &[u8]) -> String {
    let mut bytes = verifier.id().to_vec();
    bytes.extend_from_slice(signature);
    format!("— {} {}", verifier.name, STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> Key {
        let made = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
        Key(Ed25519KeyPair::from_pkcs8_maybe_unchecked(made.as_ref()).unwrap())
    }

    fn head() -> Checkpoint {
        Checkpoint { origin: "gezhi.example/310116112".to_owned(), size: 7, root: [9; 32] }
    }

    /// The example of c2sp.org/signed-note, whose key is published with Go's sumdb/note.
    #[test]
    fn a_note_signed_elsewhere_is_checked() {
        let verifier =
            Verifier::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
                .unwrap();
        let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note = Note::parse(note).unwrap();
        let (_, signature) = &note.signatures[0];
        assert_eq!(signature[..4], verifier.id());
        assert!(verifier.verifies(note.text(), &signature[4..]));
        assert!(!verifier.verifies("another text\n", &signature[4..]));
        assert!(note.checked_by(&verifier).is_none(), "a note, but no checkpoint");
        assert_eq!(Verifier::parse(&verifier.text()), Some(verifier));
    }

    #[test]
    fn a_checkpoint_is_checked_by_its_verifier_alone() {
        let (ours, theirs) = (key(), key());
        let note = ours.signed(&head());
        let parsed = Note::parse(&note).unwrap();
        let verifier = Verifier::parse(&ours.verifier("gezhi.example/310116112").text()).unwrap();
        assert_eq!(parsed.checked_by(&verifier), Some(head()));
        assert_eq!(parsed.checked_by(&theirs.verifier("gezhi.example/310116112")), None);
        assert_eq!(parsed.checked_by(&ours.verifier("elsewhere")), None);
        // A cosignature stands beside it, is checked by its own key, and says nothing under the log's.
        let now = DateTime::from_timestamp(1_795_395_600, 0).unwrap();
        let line = theirs.cosigned(parsed.text(), "county.example", now);
        let both = Note::parse(&format!("{note}{line}\n")).unwrap();
        assert_eq!(both.checked_by(&theirs.cosigner("county.example")), Some(head()));
        assert_eq!(both.checked_by(&verifier), Some(head()));
        assert_eq!(both.checked_by(&theirs.verifier("county.example")), None);
        assert_eq!(both.line_of(&theirs.cosigner("county.example")), Some(line.as_str()));
    }

    proptest! {
        #[test]
        fn whatever_is_changed_in_a_note_is_found(at in any::<prop::sample::Index>(), with in any::<char>()) {
            let key = key();
            let note = key.signed(&head());
            let mut letters: Vec<char> = note.chars().collect();
            let at = at.index(letters.len());
            prop_assume!(letters[at] != with);
            letters[at] = with;
            let bent: String = letters.into_iter().collect();
            let checked = Note::parse(&bent).and_then(|note| note.checked_by(&key.verifier("gezhi.example/310116112")));
            prop_assert_eq!(checked, None);
        }

        #[test]
        fn nothing_that_comes_in_makes_it_panic(text in ".{0,200}", lines in "(— [a-z]{0,3} [A-Za-z0-9+/=]{0,90}\n){0,3}") {
            if let Some(note) = Note::parse(&format!("{text}\n\n{lines}")) {
                let _ = note.checked_by(&key().verifier("a"));
            }
            let _ = Verifier::parse(&text);
        }
    }
}
