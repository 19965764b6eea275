// How strong a new password is, while it is typed. Without it the hint below the field says what is asked for.
;(() => {
  // @NOTE The rules are those of src/domain/password.ts.
  const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'abcdefghijklmnopqrstuvwxyz']
  const SEQUENCES = [...ROWS, ...ROWS.map((row) => [...row].reverse().join(''))]
  const LETTERS = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i' }
  const GOOD = 14
  const STRONG = 18

  const sequenceAt = (characters, at) => {
    let length = 1
    while (
      at + length < characters.length &&
      SEQUENCES.some((sequence) => sequence.includes(characters.slice(at, at + length + 1).join('')))
    )
      length += 1
    return length
  }

  const countedLength = (password) => {
    const text = password.toLowerCase().replace(/(.)\1{2,}/gsu, '$1')
    const characters = [...text.replace(/(.{2,4}?)\1{2,}/gsu, '$1')]
    let counted = 0
    for (let at = 0; at < characters.length; counted += 1) {
      const length = sequenceAt(characters, at)
      at += length >= 4 ? length : 1
    }
    return counted
  }

  const word = (text) => text.replace(/^[^a-z]+|[^a-z]+$/g, '')

  const isCommon = (password, words) => {
    const text = password.toLowerCase()
    const bare = word(text)
    const spelled = word([...bare].map((character) => LETTERS[character] ?? character).join(''))
    return [text, bare, spelled].some((form) => text.length - form.length <= 5 && words.has(form))
  }

  const strengthOf = (password, { min, words }) => {
    const length = countedLength(password)
    if ([...password].length < min) return [1, `Too short: ${[...password].length} of ${min} characters`]
    if (length < min) return [1, 'Too easy to guess: repeats and sequences count once']
    if (isCommon(password, words)) return [1, 'Too common']
    if (length < GOOD) return [2, 'Strength: fair']
    return length < STRONG ? [3, 'Strength: good'] : [4, 'Strength: strong']
  }

  let words = null
  const commonWords = (path) => {
    words ??= fetch(path)
      .then((response) => response.text())
      .then((text) => new Set(text.split('\n').filter((line) => line !== '')))
      .catch(() => new Set())
    return words
  }

  const watch = (place) => {
    const field = document.getElementById(place.dataset.strengthOf)
    const [meter, text] = [place.querySelector('meter'), place.querySelector('span')]
    field?.addEventListener('input', async () => {
      const known = await commonWords(place.dataset.common)
      place.hidden = field.value === ''
      const [value, says] = strengthOf(field.value, { min: field.minLength, words: known })
      meter.value = value
      if (text.textContent !== says) text.textContent = says
    })
  }

  for (const place of document.querySelectorAll('[data-strength-of]')) watch(place)
})()
