-- Scenarios and counters for Prometheus are new: tables without rows. Counters count from here on.

select 1;
