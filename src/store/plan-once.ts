const planned = new Map<string, string>()

/**
 * SQLite plans a statement again for each new value of a parameter that it compares with a column of a join or with the
 * condition of a partial index. That takes longer than most statements. The planner doesn't look behind a unary plus,
 * which changes neither the value nor the plan.
 */
export function planOnce(sql: string): string {
  const known = planned.get(sql)
  if (known !== undefined) return known
  const text = sql.replace(/'[^']*'|(\$\w+)/g, (found, parameter) =>
    parameter === undefined ? found : `+${parameter}`,
  )
  planned.set(sql, text)
  return text
}
