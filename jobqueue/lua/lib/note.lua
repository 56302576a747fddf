-- Note in a job's hash what became of the job. The ticket is the job, and the hash only describes it: so if the hash
-- can't be written, the job still moves.
-- @include write
local function note(job, ...) pcall(write, job, ...) end
