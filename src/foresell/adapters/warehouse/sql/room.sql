-- Room to sort and to group a delivery in memory, for this transaction.
SELECT set_config('work_mem', '128MB', true)
