FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/ideals

COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY . .
RUN useradd --system --uid 10001 ideals \
    && install -d -o ideals /var/lib/ideals

USER ideals
ENV IDEALS_VAR=/var/lib/ideals
EXPOSE 8000
