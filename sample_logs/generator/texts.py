"""What people and models say in the logs that keep texts. Written for these samples."""

from typing import NamedTuple

CHARS_PER_TOKEN = 4
"""A rule of thumb for English, used for the logs whose texts are in them."""


def tokens_in(text: str) -> int:
    return -(-len(text) // CHARS_PER_TOKEN)


class Step(NamedTuple):
    """One step of a coding session."""

    thought: str
    says: str
    tool: str
    command: str
    result: str


CODE_TASKS = (
    "The priority filter drops tickets without an owner. Find out why and fix it.",
    "Add a test for the retry queue: a message that fails three times must end in the dead letter table.",
    "Compare the two ways we parse e-mail headers and keep the better one.",
    "Rename `assignee` to `owner` in the ticket API, with a deprecation note.",
    "The search page is slow for big accounts. Debug it and show me the query plan.",
    "Summarize what changed in the billing module since the last release.",
    "Design a migration that moves attachments out of the tickets table.",
    "List the endpoints that have no rate limit.",
)

CODE_STEPS = (
    Step(
        "The filter joins owners with an inner join, so tickets without one disappear.",
        "The join on owners drops rows; I will make it a left join and add a test.",
        "Read",
        "",
        "41 select t.id, t.priority, o.name\n42   from tickets t\n43   join owners o on o.id = t.owner_id",
    ),
    Step(
        "Let me see how the tests set up the queue before I write a new one.",
        "The fixture already fakes the clock, so the retry test needs no sleep.",
        "Grep",
        "",
        "tests/test_queue.py:18: def test_retry_waits\ntests/conftest.py:7: def clock",
    ),
    Step(
        "I should run the whole test file, not only the new test.",
        "All tests of the queue pass, the new one included.",
        "Bash",
        "pytest -q tests/test_queue.py",
        "14 passed in 1.92s",
    ),
    Step(
        "The query reads every ticket of the account before it filters by date.",
        "An index on (account_id, updated_at) turns the scan into a range read.",
        "Bash",
        "psql -c 'explain analyze select …'",
        "Seq Scan on tickets  (actual time=0.031..812.4 rows=311802)",
    ),
    Step(
        "Two places build the same header map; one of them forgets folded lines.",
        "I kept the parser that handles folded lines and removed the other.",
        "Edit",
        "",
        "The file has been updated.",
    ),
    Step(
        "The old name must keep working for one release.",
        "`assignee` still works and logs a warning once a day.",
        "Edit",
        "",
        "The file has been updated.",
    ),
)

CODE_FILES = (
    "api/tickets.py",
    "api/search.py",
    "mail/headers.py",
    "queue/retry.py",
    "tests/test_queue.py",
    "billing/plans.py",
)

HANDBOOK = " ".join(
    """
You answer questions of people who use the help desk. Be brief, kind and exact. Say what to click,
in the order in which it is clicked. If the handbook below does not say it, tell the person that you
do not know and offer to open a ticket. Never promise a date, a price or a refund.

Accounts. A person signs in with a work address. A workspace has one owner, up to five
administrators and any number of agents. The owner is changed under Settings, People, Transfer. An
agent who leaves is set to inactive: their tickets stay, their seat is free at once and is not
billed from the next day on. A deleted workspace can be restored for thirty days by its owner, under
the link in the farewell message. Two-step sign-in is asked of administrators always and of agents
when the workspace says so. Recovery codes are shown once; new ones make the old ones worthless.

Tickets. A ticket has one owner, one status and any number of tags. The statuses are new, open,
waiting and solved. Waiting means that the customer has to answer; after seven days without an
answer it becomes solved and the customer is told so. A solved ticket that gets an answer within
fourteen days is open again; later a new ticket is made that points at the old one. Two tickets are
merged with Merge in the menu of the newer one; the older one keeps its number. Merging cannot be
undone. Priorities are low, normal, high and urgent; urgent pages the person on call.

Mail. Mail to the support address becomes a ticket. To use an address of your own, add it under
Settings, Mail, and set the forwarding rule and the two records that the page shows; it takes up to
a day until the records are seen. Messages above twenty-five megabytes are refused, with a note to
the sender. Automatic replies are recognised and never answered automatically. Attachments are
scanned; what is found unsafe is removed and the agent sees a grey mark.

Search. The search field finds words in subjects, messages and notes. Quotes find a phrase, a minus
leaves a word out, owner:, status: and tag: narrow the result. New messages can be found after about
a minute. A saved search is shared with the workspace when its box is ticked. Search in attachments
belongs to the larger plan.

Plans and bills. There are three plans, small, team and large, billed by seat and month. A change to
a larger plan holds at once and is billed by the day; a change to a smaller one holds from the next
month on. Bills are sent to the billing address on the first of the month and stand under Settings,
Bills, for seven years. A card that fails is tried again after three and after seven days; then the
workspace can be read but not written until a card works.

Data. The export under Settings, Data, makes a file with all tickets and attachments; the link comes
by mail and holds for three days. People are removed on request within thirty days. Data stays in
the region that was chosen when the workspace was made. Audit entries are kept for a year.
""".split()
)

TRIAGE_PROMPT = (
    "A ticket is about exactly one of: billing, sign-in, mail, search, bug, other. "
    "Answer with that word alone, in small letters."
)
SUMMARY_PROMPT = "You write for the agent who takes over a ticket: three sentences at most."
CODE_PROMPT = "You help customers write rules and queries for the help desk. Answer with code and one line of reason."
EXTRACTION_PROMPT = (
    "You read contracts. Answer with JSON with the keys parties, term_months, notice_days, "
    "liability_cap, governing_law. Use null where the text says nothing. Do not guess."
)


class Answered(NamedTuple):
    """A question as several people put it, and its answer."""

    asked: tuple[str, ...]
    answer: str


QUESTIONS = (
    Answered(
        (
            "How do I change the owner of our workspace?",
            "Our workspace owner is leaving, how can somebody else become the owner?",
            "Where can I transfer ownership of the workspace?",
        ),
        "Open Settings, People, choose Transfer and pick the new owner. The new owner confirms by mail.",
    ),
    Answered(
        (
            "Can I undo a merge of two tickets?",
            "I merged the wrong tickets. Is there a way back?",
        ),
        "No, merging cannot be undone. You can open a new ticket and link the merged one in a note.",
    ),
    Answered(
        (
            "Why was the mail with my attachment refused?",
            "A customer says that their message with a big file bounced. Why?",
            "My mail with an attachment does not arrive, what is wrong?",
        ),
        "Messages above 25 MB are refused and the sender gets a note. Ask for a smaller file or a link.",
    ),
    Answered(
        (
            "How long do you keep bills?",
            "For how many years can I download old bills?",
        ),
        "Bills stand under Settings, Bills, for seven years.",
    ),
    Answered(
        (
            "When is a waiting ticket closed by itself?",
            "After how many days without an answer does a ticket become solved?",
        ),
        "After seven days without an answer from the customer; the customer is told so.",
    ),
    Answered(
        (
            "Compare the team plan and the large plan and explain the reason to change in the middle of a month.",
            "Analyze whether we should change from the team plan to the large one now or next month.",
        ),
        "A change to the larger plan holds at once and is billed by the day, so the middle of a "
        "month costs no more for the days before it. Search in attachments is the main difference "
        "for your team.",
    ),
    Answered(
        (
            "List the ways to narrow a search.",
            "Which filters does the search field know? List them, please.",
        ),
        "Quotes for a phrase, a minus to leave a word out, and owner:, status: and tag:.",
    ),
    Answered(
        (
            "Our card failed yesterday. What happens now?",
            "The payment did not go through, will our workspace be closed?",
        ),
        "The card is tried again after three and after seven days. After that the workspace can be read, not written.",
    ),
    Answered(
        ("Is the export safe with attachments on 3 May?", "Is the export safe with attachments on 4 May?"),
        "I do not know of anything special on that day; the export link holds for three days. Shall I open a ticket?",
    ),
)

FOLLOW_UPS = (
    ("And who can see that?", "Administrators and the owner; agents cannot."),
    ("How long does it take?", "Usually a minute; I cannot promise more than that."),
    (
        "Format that as a short list for our wiki, please.",
        "1. Open Settings. 2. Choose the page. 3. Confirm by mail.",
    ),
)

TICKETS = (
    ("I was billed for eleven seats, but we are nine people. Please correct the bill of October.", "billing"),
    ("My recovery codes do not work any more and I cannot sign in.", "sign-in"),
    ("Since this morning no mail reaches our support address. The records are green.", "mail"),
    ("Search finds nothing that was written before last week.", "search"),
    ("The page stays white when I open ticket 20411 in the reports view.", "bug"),
    ("Thank you, everything works again!", "other"),
    ("[monitor] check-mail-in is failing on host mx-2: timeout after 30 s", "mail"),
    ("We want to change to the smaller plan from January on.", "billing"),
)

THREADS = (
    (
        "Customer: exports fail since Monday. Agent: which size? Customer: about 40 GB. Agent: I "
        "asked the data team. Data team: the job stops at 32 GB, a fix is planned. Customer: we need "
        "the file for an audit on Friday.",
        "Exports above 32 GB stop; the customer's is 40 GB and is needed for an audit on Friday. A "
        "fix is planned, a manual export would help until then.",
    ),
    (
        "Customer: two agents get each other's notifications. Agent: please send both addresses. "
        "Customer: done. Agent: they share an alias in your directory. Customer: we split it, it "
        "works now.",
        "Two agents shared an alias in the directory and got each other's notifications. Splitting it solved it.",
    ),
    (
        "Customer: can you raise our limit for the API? Agent: how many calls do you need? Customer: "
        "50 a second for two hours a day. Agent: I have to ask. Customer: we start in December.",
        "The customer asks for 50 API calls a second for two hours a day from December on. An answer is owed.",
    ),
)

CODE_QUESTIONS = (
    (
        "Debug this rule: it should tag tickets older than three days, but it tags all of them.\n"
        "when ticket.age > 3 then tag('late')",
        "when ticket.age_days > 3 then tag('late')\nReason: `age` counts minutes, so almost every ticket is above 3.",
    ),
    (
        "Design a rule that hands urgent tickets to the person on call, and reason about what happens at night.",
        "when ticket.priority = 'urgent' then assign(on_call(now()))\nReason: `on_call` follows the "
        "rota, nights included; add `unless on_call(now()) is null then page('lead')` for the gaps.",
    ),
    (
        "Architect a query that shows the median time to the first answer by week and team.",
        "select team, week(created_at), median(first_answer_at - created_at) from tickets group by "
        "all\nReason: the median is not moved by the few tickets that wait over a holiday.",
    ),
)

CLAUSES = (
    (
        "This agreement is made between customer 40112 and the Provider for a term of 24 months. "
        "Either party may give notice 60 days before the end of the term. The Provider's liability "
        "is limited to the fees of the last twelve months. The agreement is governed by the law of "
        "the Netherlands.",
        {
            "parties": ["customer 40112", "Provider"],
            "term_months": 24,
            "notice_days": 60,
            "liability_cap": "fees of the last twelve months",
            "governing_law": "Netherlands",
        },
    ),
    (
        "The Client, a group of clinics, subscribes to the team plan for one year, renewed by a year "
        "at a time unless either side gives ninety days' notice in writing. Nothing here limits "
        "liability for intent or gross negligence.",
        {
            "parties": ["Client", "Provider"],
            "term_months": 12,
            "notice_days": 90,
            "liability_cap": None,
            "governing_law": None,
        },
    ),
    (
        "Customer 51730 and the Provider agree on a trial of three months without charge, which ends "
        "by itself. Liability is capped at 10,000 euros. Disputes are heard under the law of Ireland.",
        {
            "parties": ["customer 51730", "Provider"],
            "term_months": 3,
            "notice_days": None,
            "liability_cap": "10,000 euros",
            "governing_law": "Ireland",
        },
    ),
)
