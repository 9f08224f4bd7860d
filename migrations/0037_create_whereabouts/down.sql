drop table whereabouts;
