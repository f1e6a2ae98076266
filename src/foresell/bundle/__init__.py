"""The bundle: what a trained model travels as."""
