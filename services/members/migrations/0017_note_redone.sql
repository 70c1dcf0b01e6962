-- Which processes wait for is noted by this service alone.
GRANT INSERT, UPDATE (incarnation) ON house.redone TO gratis_members;
