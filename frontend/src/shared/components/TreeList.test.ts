import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import type { Component } from 'vue'
import { nest } from '@/shared/tree'
import TreeList from './TreeList.vue'

// The test tool does not see through a generic component.
const Tree = TreeList as unknown as Component
const nodes = nest([
  { id: 't', parent_id: null },
  { id: 'g1', parent_id: 't' },
  { id: 's1', parent_id: 'g1' },
  { id: 'g2', parent_id: 't' },
])
function open(props: Record<string, unknown> = {}) {
  const tree = mount(Tree, {
    props: { nodes, label: '网格', ...props },
    slots: { default: ({ item }: { item: { id: string } }) => item.id },
    attachTo: document.body,
  })
  const rows = () => tree.findAll('[role=treeitem]').map((row) => row.text())
  const press = async (key: string) => {
    const row = tree.find(`[role=treeitem][tabindex="0"]`)
    await row.trigger('keydown', { key })
    await nextTick()
    return (document.activeElement as HTMLElement).dataset['id']
  }
  return { tree, rows, press }
}

describe('TreeList', () => {
  it('is open to its depth and reached by Tab in one place', () => {
    const { tree, rows } = open()
    expect(rows()).toEqual(['t', 'g1', 'g2'])
    expect(tree.findAll('[tabindex="0"]')).toHaveLength(1)
    expect(tree.find('[data-id=g1]').attributes()).toMatchObject({
      'aria-level': '2',
      'aria-expanded': 'false',
      'aria-setsize': '2',
      'aria-posinset': '1',
    })
    expect(tree.find('[data-id=g2]').attributes('aria-expanded')).toBeUndefined()
  })

  it('goes by keys and chooses with Enter', async () => {
    const { tree, rows, press } = open()
    expect(await press('ArrowDown')).toBe('g1')
    await press('ArrowRight')
    expect(rows()).toEqual(['t', 'g1', 's1', 'g2'])
    expect(await press('ArrowRight')).toBe('s1')
    await press('Enter')
    expect(tree.emitted('select')).toEqual([['s1']])
    expect(await press('ArrowLeft')).toBe('g1')
    await press('ArrowLeft')
    expect(rows()).toEqual(['t', 'g1', 'g2'])
    expect(await press('End')).toBe('g2')
    expect(await press('Home')).toBe('t')
  })

  it('opens the way to what is chosen elsewhere', async () => {
    const { tree, rows } = open()
    await tree.setProps({ selected: 's1' })
    await nextTick()
    expect(rows()).toEqual(['t', 'g1', 's1', 'g2'])
    expect(tree.find('[aria-selected=true]').text()).toBe('s1')
  })

  it('shows everything while searching and nothing without nodes', async () => {
    const { tree, rows } = open({ open: true })
    expect(rows()).toHaveLength(4)
    await tree.setProps({ nodes: [] })
    expect(tree.find('[role=tree]').exists()).toBe(false)
  })
})
