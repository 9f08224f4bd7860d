drop table look_reviews;
