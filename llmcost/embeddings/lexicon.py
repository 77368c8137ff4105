"""The English words that the vetoes know. Everything else is content, and content has to agree."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _sides(text: str) -> dict[str, list[str]]:
    """word -> the sides that it takes, "3.0" for the first of line 3; sides are separated by |, words by spaces."""
    found: dict[str, list[str]] = {}
    for group, line in enumerate(text.strip().splitlines()):
        for side, words in enumerate(line.split("|")):
            for word in words.split():
                found.setdefault(word, []).append(f"{group}.{side}")
    return found


def _synonyms(text: str) -> dict[str, str]:
    """word -> the first word of its line."""
    return {word: line.split()[0] for line in text.strip().splitlines() for word in line.split()}


NEGATIONS = _words(
    """
    not no never none nothing nobody nowhere neither nor without cannot unable impossible
    dont doesnt didnt cant couldnt wont wouldnt isnt arent wasnt werent shouldnt havent hasnt
    """
)

MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept"
        "|october oct|november nov|december dec".split("|"),
        start=1,
    )
    for name in names.split()
}
# Words that are a month only next to a number or when capitalised.
AMBIGUOUS_MONTHS = _words("may march mar jan jun sep dec")
DAYS = _words("monday tuesday wednesday thursday friday saturday sunday yesterday today tonight tomorrow")
PERIODS = _words("second minute hour day night morning afternoon evening week weekend month quarter year summer winter")
RELATIVE = {"last": "last", "past": "last", "previous": "last", "next": "next", "coming": "next", "this": "this"}

NUMBERS = {
    name: str(number)
    for number, name in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty".split(),
        start=2,
    )
}

# Each line: a prompt with one of these words must not be matched with a prompt that has another.
OPPOSITES = _sides(
    """
    and|or
    first|second|third|fourth|fifth|last final
    before prior|after
    always|never|sometimes
    all every|some|none|only
    more|less fewer
    most maximum max|least minimum min
    highest largest biggest greatest|lowest smallest
    higher larger bigger greater|lower smaller
    high|low
    best|worst
    better|worse
    good|bad
    increase increased increases increasing raise|decrease decreased decreases decreasing reduce reduced lower
    enable enabled enabling|disable disabled disabling
    include included includes including|exclude excluded excludes excluding except
    allow allowed allows permit|deny denied forbid prohibit block
    accept accepted accepts|reject rejected decline refuse
    add added adding insert|remove removed removing delete deleted subtract
    start started starting begin|stop stopped stopping end finish
    open opened opening|close closed closing
    lock locked|unlock unlocked
    install installed|uninstall uninstalled
    subscribe|unsubscribe
    connect connected|disconnect disconnected
    activate activated|deactivate deactivated
    import imported importing|export exported exporting
    upload uploaded|download downloaded
    encode encoding|decode decoding
    encrypt encrypted|decrypt decrypted
    compress compressed|decompress extract
    push|pull
    send sent sending|receive received receiving
    buy bought purchase|sell sold
    borrow|lend
    win won|lose lost
    pass passed|fail failed
    up|down
    left|right
    top|bottom
    above|below
    over|under
    inside|outside
    in|out
    on|off
    with|without
    front|back
    forward forwards|backward backwards
    ascending|descending
    leading|trailing
    horizontal horizontally|vertical vertically
    early earlier earliest|late later latest
    old older oldest|new newer newest
    young younger|elderly
    long longer longest|short shorter shortest
    tall taller|small
    fast faster|slow slower
    hot hotter|cold colder
    hard|soft
    heavy|light
    full|empty
    cheap cheaper cheapest|expensive dearest
    rich|poor
    strong stronger|weak weaker
    true|false
    yes|no
    positive|negative
    success successful successfully|failure
    present|absent
    public|private
    internal|external
    input|output
    source|target destination
    client|server
    local|remote
    parent|child
    husband|wife
    father|mother
    brother|sister
    son|daughter
    male|female
    man men|woman women
    boy|girl
    buyer|seller
    teacher|student
    employer|employee
    profit|loss
    income|expense expenses
    debit|credit
    import imports|export exports
    singular|plural
    synonym synonyms|antonym antonyms
    advantage advantages pro pros benefit benefits|disadvantage disadvantages con cons drawback drawbacks
    strength strengths|weakness weaknesses
    cause causes|effect effects
    question|answer
    problem|solution
    arrive arrival|depart departure
    north northern|south southern
    east eastern|west western
    morning|evening
    winter|summer
    breakfast|lunch|dinner
    red|green|blue|yellow|black|white
    """
)

# Each line: words that ask for the same.
SYNONYMS = _synonyms(
    """
    delete remove erase
    buy purchase
    fix repair
    begin start
    end finish
    purpose aim goal objective
    use utilize utilise employ
    help assist
    get obtain retrieve acquire
    show display
    create make generate produce
    change modify alter
    choose select pick
    specify indicate define
    summarize summarise
    explain describe
    kind type sort
    picture image photo
    movie film
    car automobile
    phone telephone
    e-mail email mail
    pay payment
    price cost
    quick fast
    big large
    error mistake
    way method
    number quantity count
    information info detail
    document documentation doc
    password passcode
    login signin
    signup register
    return give yield
    """
)

# Words that say how something is asked, not what.
FUNCTION_WORDS = _words(
    """
    a an the of to in on at by for with from into onto upon within as and or but if then than that this these those
    it its itself there here is are was were be been being am isn do does did done doing have has had having can could
    will would shall should may might must i me my mine you your yours he him his she her hers we us our ours they
    them their theirs who whom whose which what when where why how so such too also just very really quite please
    kindly hi hello hey thanks thank pls s t d ll ve re m about out up down off over under again let lets want wants
    need needs like tell know possible able way via using through version e g etc
    """
)
