-- window: the requests of a period that the user names
--
-- question: Which requests does the report cover?
-- param since text = none: the first moment, UTC; none: from the beginning.
-- param until text = none: the first moment that is no longer covered, UTC; none: to the end.
-- param features names = all: the features covered.
-- param models names = all: the models covered, as named in the price table.
-- param providers names = all: the providers covered, as named in the price table.
-- param prompts names = all: the prompts covered, by their ids.
-- param users names = all: the users covered.
-- param sessions names = all: the sessions covered.
-- param projects names = all: the projects covered.
-- param tag_names names = all: the tags that a request must have, each one of its values.
-- param tag_values names = all: the values, one for each of tag_names; a tag of several values is named as often.
-- assumes: a request without a time is covered only if neither end is given.

select *
from requests
where
    ($since is null or ts >= $since::timestamp)
    and ($until is null or ts < $until::timestamp)
    and is_named(coalesce(feature, 'unattributed'), $features)
    and is_named(model, $models)
    and is_named(provider, $providers)
    and is_named(prompt_id, $prompts)
    and is_named(user_id, $users)
    and is_named(session_id, $sessions)
    and is_named(project, $projects)
    and (
        $tag_names is null
        or len(list_distinct(list_filter(
            $tag_names::varchar[],
            lambda wanted, place: coalesce(is_named(tags[wanted], [($tag_values::varchar[])[place]]), false)
        ))) = len(list_distinct($tag_names::varchar[]))
    )
