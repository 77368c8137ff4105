"""A bare traffic trace in Azure's form: arrival times and lengths as CSV."""

from sample_logs.generator.book import Book, Tokens
from sample_logs.generator.days import FIRST_DAY, arrivals, iso
from sample_logs.generator.draw import Draw
from sample_logs.generator.figures import AZURE_CONTEXT_TOKENS, AZURE_GENERATED_TOKENS

FILE = "code_trace.csv"
REQUESTS = 80


def write() -> Book:
    book = Book()
    draw = Draw("azure-trace")
    book.row(FILE, "TIMESTAMP,ContextTokens,GeneratedTokens", None)
    for at_ms in arrivals(draw, FIRST_DAY, REQUESTS):
        tokens = Tokens(input=draw.quantile(AZURE_CONTEXT_TOKENS), output=draw.quantile(AZURE_GENERATED_TOKENS))
        time = iso(at_ms).replace("T", " ").removesuffix("Z") + f"{draw.below(10_000):04d}"
        book.row(FILE, f"{time},{tokens.input},{tokens.output}", tokens)
    book.malformed(FILE, "2026-10-22 23:5")
    return book
