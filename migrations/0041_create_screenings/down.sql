drop table screenings;
