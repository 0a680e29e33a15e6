"""What runs outside of programs: functions of NumPy or native arrays, and looking at values."""
