-- Expressions that many queries share, each defined once. The store defines them for every connection; `--show-sql` prints
-- those that its query uses. They are plain SQL, so that a translator to another engine can put them in place.

-- A sum whose digits do not depend on the order of adding.
create or replace temp macro exact_sum(amount) as sum(amount::decimal(38, 15))::double;

-- All tokens of a prompt, those read from and written to a cache included, of a row of a relation of requests.
create or replace temp macro prompt_tokens(request) as
    request.input_tokens + request.cache_read_tokens + request.cache_write_5m_tokens + request.cache_write_1h_tokens;

-- Whether a name is one of those of a parameter of type names: null names all, and * in a name is any characters.
create or replace temp macro is_named(name, names) as
    names is null
    or coalesce(len(list_filter(
        names::varchar[],
        lambda one: name like replace(replace(replace(replace(one, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%') escape '\'
    )) > 0, false);
