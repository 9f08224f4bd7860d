-- 42 U.S.C. 671(a)(35)(B): 24 elapsed hours from receipt.
, judged as (
    select *, case
        when reported_at <= received_at + interval '24 hours' then 'timely'
        when reported_at is not null then 'late'
        when closed_at <= (select as_of from p) then 'never'
        when received_at + interval '24 hours' < (select as_of from p) then 'overdue'
        else 'open'
    end as state
    from reports
)
