CREATE TABLE "order_lines" (
  "order" TEXT NOT NULL,
  "line" BIGINT NOT NULL,
  "day" DATE NOT NULL,
  "price" DOUBLE PRECISION NOT NULL,
  "quarter" BIGINT,
  "state" TEXT,
  "email" TEXT,
  CONSTRAINT "price: finite" CHECK ("price" > '-Infinity' AND "price" < 'Infinity'),
  CONSTRAINT "order: maxLength" CHECK (char_length("order") <= 12),
  CONSTRAINT "order: pattern" CHECK ("order" ~ '^(?:[A-Z]-[0-9]+)$'),
  CONSTRAINT "line: minimum" CHECK ("line" >= 1),
  CONSTRAINT "line: maximum" CHECK ("line" <= 100),
  CONSTRAINT "day: minimum" CHECK ("day" >= DATE '2020-01-01'),
  CONSTRAINT "price: maximum" CHECK ("price" <= 1000000),
  CONSTRAINT "price: exclusiveMinimum" CHECK ("price" > 0),
  CONSTRAINT "quarter: values" CHECK ("quarter" IN (1, 2, 3, 4)),
  CONSTRAINT "state: values" CHECK ("state" IN ('CA', 'NY', 'O''')),
  CONSTRAINT "order_lines.email: unique" UNIQUE ("email"),
  CONSTRAINT "quarter_agrees_with_day: condition" CHECK (("quarter" <> CAST(EXTRACT(QUARTER FROM "day") AS BIGINT)) IS NOT TRUE),
  CONSTRAINT "cheap_in_california: condition" CHECK ((("state" = 'CA' AND (ROUND(("price" / NULLIF(CAST("line" AS DOUBLE PRECISION), 0)) * CAST(100.0 AS DOUBLE PRECISION)) / CAST(100.0 AS DOUBLE PRECISION)) > CAST(100.5 AS DOUBLE PRECISION))) IS NOT TRUE),
  CONSTRAINT "order_lines.order, line: primaryKey" PRIMARY KEY ("order", "line")
);
COMMENT ON TABLE "order_lines" IS 'One row per order and line. Contract golden-orders 2.1.0, rules 1b80066e51df.';
COMMENT ON COLUMN "order_lines"."order" IS 'Number of the order.';
COMMENT ON COLUMN "order_lines"."line" IS 'Place in the order.';
COMMENT ON COLUMN "order_lines"."price" IS 'Price of one, before tax. Unit: USD.';
COMMENT ON COLUMN "order_lines"."quarter" IS 'Quarter of the day.';
COMMENT ON COLUMN "order_lines"."state" IS 'State, where there is one. state may lack at most 60 % of its values';
COMMENT ON COLUMN "order_lines"."email" IS 'Address of the customer.';
