/** The files of a new project by path: a team of two steps that runs with the mock, its script, and what to do next. */
export function teamProject(name: string): Record<string, string> {
  return {
    "team.yaml": `apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata:
  name: ${name}
spec:
  inputs:
    - name: topic
      type: string
      description: What to write about.
      default: the sea
  output: "{{ .steps.writer.output }}"
  roles:
    - name: researcher
      model: llama3.2
      systemPrompt: Collect the facts that a newcomer needs about the topic.
    - name: writer
      model: llama3.2
      systemPrompt: Write a short text from the facts that you are given.
  pipeline:
    - role: researcher
      inputs:
        prompt: "{{ .input.topic }}"
    - role: writer
      dependsOn: [researcher]
      inputs:
        topic: "{{ .input.topic }}"
        facts: "{{ .steps.researcher.output }}"
`,
    "mock.yaml": `# What the mock model answers: the first response that matches is taken, and where none does it echoes.
responses:
  - match: { role: ^researcher$ }
    reply: { text: "It is wide, it is deep, it is salty." }
  - match: { role: ^writer$ }
    reply: { text: "Wide, deep and salty: that is the sea." }
`,
    "README.md": `# ${name}

\`\`\`sh
ark run team.yaml                       # with a key in the environment a real model answers, else the mock
ark run team.yaml --mock mock.yaml      # scripted answers: the same every time, for tests
ark run team.yaml topic=mountains
ark validate team.yaml
\`\`\`

A real model: set \`OPENAI_API_KEY\` (or \`OPENAI_BASE_URL=http://localhost:11434/v1\` for Ollama), \`ANTHROPIC_API_KEY\` or
\`GEMINI_API_KEY\`, and name one of its models in \`team.yaml\`.
`,
  };
}
