-- Calls that occur more than once, in the new lines or in the store.

select request_id, false as in_store from calls group by request_id having count(*) > 1
union
select request_id, true as in_store from requests where request_id in (select request_id from calls)
