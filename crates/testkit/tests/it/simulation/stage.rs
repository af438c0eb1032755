//! Who may go on: activities of a hub (a look, a job) are futures that the driver polls one at a time.
//!
//! An activity runs until it ends or comes to a *place*: a failpoint of the hub or a call to a vendor. There the dice
//! decide whether it goes on, is held until the driver lets it go on (others run meanwhile, time passes), or whether
//! the process dies, in which case the driver drops it and everything else of its hub. Waiting for SQLite's threads
//! is no decision: the driver waits as well. So the order of everything is decided by the seed alone.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use futures::future::BoxFuture;

use super::dice::Dice;

/// Why an activity stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Held(&'static str),
    /// The process dies here.
    Crash(&'static str),
}

/// How far an activity came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Ended,
    Stopped(Stop),
}

/// On whose behalf the hub acts just now, as the vendors' ledgers write it down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acting {
    pub(crate) hub: usize,
    /// The command that a job carries out.
    pub(crate) command: Option<String>,
    /// The run that a job imports.
    pub(crate) run: Option<String>,
}

/// How often an activity is held or killed at a place, in per mille.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) hold: usize,
    pub(crate) crash: usize,
}

impl Weather {
    pub(crate) const CALM: Self = Self { hold: 0, crash: 0 };
}

#[derive(Debug)]
struct Inner {
    dice: Dice,
    weather: Weather,
    stopped: Option<Stop>,
    acting: Acting,
}

#[derive(Clone, Debug)]
pub(crate) struct Stage(Arc<Mutex<Inner>>);

pub(crate) type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Stage {
    pub(crate) fn new(dice: Dice) -> Self {
        let inner = Inner { dice, weather: Weather::CALM, stopped: None, acting: Acting::default() };
        Self(Arc::new(Mutex::new(inner)))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Answers the weather of before.
    pub(crate) fn set_weather(&self, weather: Weather) -> Weather {
        std::mem::replace(&mut self.inner().weather, weather)
    }

    pub(crate) fn acting(&self) -> Acting {
        self.inner().acting.clone()
    }

    /// An activity comes to a place. Inside a transaction it can only die: held there, it would keep the database's
    /// one writer from all others, which no process does.
    pub(crate) fn at(&self, place: &'static str) -> BoxFuture<'static, ()> {
        let stage = self.clone();
        Box::pin(async move {
            let in_transaction = place.ends_with("before_commit");
            let stop = {
                let mut inner = stage.inner();
                let weather = inner.weather;
                let rolled = if weather.hold + weather.crash == 0 { 1000 } else { inner.dice.below(1000) };
                if rolled < weather.crash {
                    Some(Stop::Crash(place))
                } else {
                    (rolled < weather.crash + weather.hold && !in_transaction).then_some(Stop::Held(place))
                }
            };
            let Some(stop) = stop else {
                return;
            };
            stage.inner().stopped = Some(stop);
            let mut polled = false;
            std::future::poll_fn(|_| match std::mem::replace(&mut polled, true) {
                false => Poll::Pending,
                true => Poll::Ready(()),
            })
            .await;
        })
    }

    /// Runs an activity until it ends or stops.
    pub(crate) async fn run(&self, running: &mut Running, acting: &Acting) -> Progress {
        self.inner().acting = acting.clone();
        std::future::poll_fn(|context| match running.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Progress::Ended),
            Poll::Pending => match self.inner().stopped.take() {
                Some(stop) => Poll::Ready(Progress::Stopped(stop)),
                None => Poll::Pending,
            },
        })
        .await
    }
}
