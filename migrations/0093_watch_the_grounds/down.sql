drop table grounds;
