import { expect } from 'chai';
import { News } from '../../../../src/shared/log/news.ts';

describe('news', () => {
  it('is each text once a minute', () => {
    const time = { ms: 0 };
    const news = new News(() => time.ms);
    expect(news.is('3 messages failed')).to.equal(true);
    expect(news.is('3 messages failed')).to.equal(false);
    expect(news.is('the broker is gone')).to.equal(true);
    time.ms = 59_999;
    expect(news.is('3 messages failed')).to.equal(false);
    time.ms = 60_000;
    expect(news.is('3 messages failed')).to.equal(true);
  });

  it('is what was forgotten', () => {
    const news = new News(() => 0);
    news.is('down');
    news.forget('down');
    expect(news.is('down')).to.equal(true);
  });
});
