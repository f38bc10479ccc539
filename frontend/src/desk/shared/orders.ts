import { columns } from '@/api/columns'

/** By which of its columns a list can be ordered, as the contract has it. */
export const ordersOf = (operation: keyof typeof columns): readonly string[] =>
  columns[operation].filter((column) => column.sorts).map((column) => column.key)
