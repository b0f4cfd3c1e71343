"""News inside the dashboard: what a person has not read yet."""

from core.inbox.reading import News, NewsPage, mark_read, news_of, unread_count

__all__ = ["News", "NewsPage", "mark_read", "news_of", "unread_count"]
