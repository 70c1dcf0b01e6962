-- Statements such as CREATE SCHEMA take no parameters; those that follow read their subject here.
SELECT set_config('gratis.subject', $1, true)
