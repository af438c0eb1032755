use std::sync::Mutex;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
struct Thing(Id);

impl Listed for Thing {
    fn id(&self) -> &Id {
        &self.0
    }
}

fn thing(number: u64) -> Thing {
    Thing(Id(format!("{number:x}")))
}

fn numbers(things: &[Thing]) -> Vec<u64> {
    things.iter().map(|thing| u64::from_str_radix(&thing.0.0, 16).unwrap()).collect()
}

fn at() -> Timestamp {
    Timestamp::from_seconds(1)
}

/// Serves `estate`, newest first, two a page, letting `meanwhile` happen after each page.
async fn walked(
    estate: Vec<u64>,
    mut meanwhile: impl FnMut(&mut Vec<u64>, usize),
) -> (Result<Vec<u64>, CallError>, usize) {
    let estate = Mutex::new(estate);
    let mut asked = 0;
    let outcome = whole("list", |number| {
        let mut estate = estate.lock().unwrap();
        let from = usize::try_from((number - 1) * 2).unwrap();
        let list = estate.iter().skip(from).take(2).map(|number| thing(*number)).collect();
        let page = Page {
            list,
            total_item_count: estate.len() as u64,
            page_number: number,
            has_next_page: estate.len() > from + 2,
        };
        asked += 1;
        meanwhile(&mut estate, asked);
        async move { Ok((page, at())) }
    })
    .await;
    (outcome.map(|(things, _)| numbers(&things)), asked)
}

#[tokio::test]
async fn a_quiet_list_is_read_once() {
    assert_eq!(walked(vec![5, 4, 3, 2, 1], |_, _| ()).await, (Ok(vec![5, 4, 3, 2, 1]), 3));
    assert_eq!(walked(vec![], |_, _| ()).await, (Ok(vec![]), 1));
}

#[tokio::test]
async fn what_is_added_meanwhile_is_found_by_a_second_walk() {
    let (read, asked) = walked(vec![4, 3, 2, 1], |estate, asked| {
        if asked == 1 {
            estate.insert(0, 5);
        }
    })
    .await;
    assert_eq!((read, asked), (Ok(vec![5, 4, 3, 2, 1]), 6));
}

#[tokio::test]
async fn what_slips_through_because_of_a_deletion_is_found_by_a_second_walk() {
    let (read, asked) = walked(vec![6, 5, 4, 3, 2, 1], |estate, asked| {
        if asked == 1 {
            estate.retain(|number| *number != 6);
        }
    })
    .await;
    assert_eq!((read, asked), (Ok(vec![5, 4, 3, 2, 1]), 6));
}

#[tokio::test]
async fn a_list_that_never_holds_still_is_an_error() {
    let mut next = 100;
    let (read, asked) = walked(vec![6, 5, 4, 3, 2, 1], |estate, _| {
        next += 1;
        estate.insert(0, next);
    })
    .await;
    let error = read.unwrap_err();
    assert!(error.to_string().contains("again and again"), "{error}");
    assert!(asked <= 40, "{asked}");
}

async fn served(pages: Vec<Page<Thing>>) -> String {
    let pages = Mutex::new(pages);
    let outcome = whole("list", |_| {
        let mut pages = pages.lock().unwrap();
        let page = if pages.len() > 1 { pages.remove(0) } else { copy(&pages[0]) };
        async move { Ok((page, at())) }
    })
    .await;
    outcome.map(|(things, _)| numbers(&things)).unwrap_err().to_string()
}

fn copy(page: &Page<Thing>) -> Page<Thing> {
    Page { list: page.list.clone(), ..*page }
}

fn page(list: &[u64], total_item_count: u64, page_number: u64, has_next_page: bool) -> Page<Thing> {
    Page { list: list.iter().map(|number| thing(*number)).collect(), total_item_count, page_number, has_next_page }
}

#[tokio::test]
async fn a_page_that_lies_is_an_error() {
    // Says 3 and gives 2.
    assert!(served(vec![page(&[1, 2], 3, 1, false)]).await.contains("there are 3 and lists 2"));
    // The first page again and again.
    assert!(served(vec![page(&[1, 2], 4, 1, true)]).await.contains("asked for page 2 and got page 1"));
    // Nothing new and still more to come, for ever.
    let round = (0..20).map(|turn| page(&[1, 2], 4, turn % 2 + 1, true)).collect();
    assert!(served(round).await.contains("there are 4 and lists 2"));
}

proptest! {
    /// Whatever is added and deleted between two pages: what was there from the beginning to the end is in the list.
    #[test]
    fn nothing_that_was_there_all_the_time_is_missed(
        size in 0..12_u64,
        events in proptest::collection::vec((1..12_usize, any::<bool>(), 0..12_usize), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let estate: Vec<u64> = (1..=size).rev().collect();
        let mut there: HashSet<u64> = estate.iter().copied().collect();
        let mut next = 100;
        let (read, _) = runtime.block_on(walked(estate, |estate, asked| {
            for (_, adds, place) in events.iter().filter(|(when, _, _)| *when == asked) {
                if *adds {
                    next += 1;
                    estate.insert(0, next);
                } else if *place < estate.len() {
                    there.remove(&estate.remove(*place));
                }
            }
        }));
        if let Ok(read) = read {
            let read: HashSet<u64> = read.into_iter().collect();
            prop_assert!(there.is_subset(&read), "{there:?} within {read:?}");
        }
    }
}
