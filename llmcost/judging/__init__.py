"""A model as the judge of pairs of prompts: may the answer to one of them be given to the other?"""
