drop table determinations;
