-- HHS-OIG A-07-21-06102: missing 2 calendar days or longer; late from the second calendar day after receipt.
-- In that frame an undone report is never open: an auditor who looks finds the child missing and nobody told.
, judged as (
    select *, case
        when (reported_at at time zone (select zone from p))::date - received_on < 2 then 'timely'
        when reported_at is not null then 'late'
        when closed_at <= (select as_of from p) then 'never'
        else 'overdue'
    end as state
    from (
        select *, (received_at at time zone (select zone from p))::date as received_on,
            (began_at at time zone (select zone from p))::date as began_on,
            (case when ended_at <= (select as_of from p) then ended_at else (select as_of from p) end
                at time zone (select zone from p))::date as until_on
        from reports
    ) days
    where 2 <= until_on - began_on
)
