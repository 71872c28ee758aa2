"""What a film shows: painted places, articulated figures, cameras, incidents."""
