int archived(void);
