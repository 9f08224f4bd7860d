drop table child_versions;
drop table children;
