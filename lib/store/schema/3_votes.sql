-- Version 3. Which answers of a problem a grader holds for equal: sample of the first one of the group; NULL in what earlier versions
-- judged, where a problem has one sample, and without an answer.
ALTER TABLE verdict ADD COLUMN vote USMALLINT;
