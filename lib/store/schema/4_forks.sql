-- Version 4. How much of the policy a tree that grew from forks stands for; NULL where expansions were samples.
ALTER TABLE tree ADD COLUMN open_mass DOUBLE;         -- probability of all forks that are left
ALTER TABLE tree ADD COLUMN skipped_forks UINTEGER;   -- forks that nothing could be drawn behind
ALTER TABLE node ADD COLUMN policy_logprob DOUBLE;    -- of the step behind its parent, in all its drawn texts together
ALTER TABLE node ADD COLUMN mass DOUBLE;              -- share of the policy's texts that the node stands for
ALTER TABLE node ADD COLUMN mass_q DOUBLE;            -- mean end value below the node, by mass
