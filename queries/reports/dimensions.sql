-- dimensions: every word of --by as a column
--
-- question: What can spend be told apart by?
-- assumes: days, weeks (ISO, from Monday) and hours are UTC.

select
    *,
    coalesce(feature, 'unattributed') as by_feature,
    task_type as by_task_type,
    prompt_id as by_prompt,
    model as by_model,
    provider as by_provider,
    user_id as by_user,
    session_id as by_session,
    project as by_project,
    status as by_status,
    strftime(ts, '%Y-%m-%d %H:00') as by_hour,
    strftime(ts, '%Y-%m-%d') as by_day,
    strftime(ts, '%G-W%V') as by_week,
    strftime(ts, '%Y-%m') as by_month
from priced
