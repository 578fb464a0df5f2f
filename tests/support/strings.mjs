// The pipelines that a page of the documentation shows, as they stand.
import { readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);

/** What a page's sh blocks hold: { heading, command } for each command, lines that go on joined. */
export function commands(page) {
    const found = [];
    let heading = '';
    let block = null;
    for (const line of readFileSync(new URL(page, root), 'utf8').split('\n')) {
        if (/^#+ /.test(line) && !block) heading = line.replace(/^#+ /, '');
        else if (line === '```sh') block = [];
        else if (line === '```' && block) {
            const text = block.join('\n').replace(/\\\n\s*/g, '');
            for (const command of text.split('\n'))
                if (command && !command.startsWith('#')) found.push({ heading, command });
            block = null;
        } else block?.push(line);
    }
    return found;
}

/** The page's one block of a language, as it stands. */
export function block(page, language) {
    const text = readFileSync(new URL(page, root), 'utf8');
    return new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(text)[1];
}

/** The pipelines among them. */
export const pipelines = (page) =>
    commands(page).filter(({ command }) => command.startsWith('gst-launch-1.0'));
