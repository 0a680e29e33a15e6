"""Are derivatives right, do they explode, and where did the first NaN come from?"""
