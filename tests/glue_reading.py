"""Reads deliveries with the Glue job's own functions, many in one Spark: ``glue_reading.py JSON``.

``JSON``: by case, the folder of its files. Prints one line of JSON: by case, what the delivery was
refused for, or how many rows it has. It runs where Spark is, and knows nothing of foresell.
"""

import json
import sys

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from stage_sales import DeliveryError, joined

spark = SparkSession.builder.getOrCreate()
said: dict[str, object] = {}
for case, folder in json.loads(sys.argv[1]).items():
    try:
        said[case] = joined(spark, folder).count()
    except DeliveryError as error:
        said[case] = str(error)
    except PySparkException as error:
        said[case] = f"{error.getCondition()} {error}"
    spark.catalog.clearCache()
sys.stdout.write(json.dumps(said) + "\n")
spark.stop()
